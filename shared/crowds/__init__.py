"""What the functions that expect crowds share: the calendar, plans, load by the minute, and what was done when."""
