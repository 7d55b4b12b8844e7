"""Model servers as docmill sees them from outside: what they say of themselves, and checks."""
