"""The better alarm: how much more likely an outbreak makes what was counted here, last week, next door and in related streams."""
