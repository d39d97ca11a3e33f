"""What a Chinese report is made of: its words, numbers, sentences and dates, before anything is understood of them."""
