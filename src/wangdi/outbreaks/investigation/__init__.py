"""The field investigation of an event (流调): its values, and what is computed from them."""
