"""The pack language: reads a programme's rules as values, checks them, explains them, and proposes boundary rows."""
