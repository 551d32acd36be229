"""Control: what operators see and change: the calendar, forecasts, plans, money."""
