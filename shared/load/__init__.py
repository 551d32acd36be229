"""What an instance counts of the requests that it answers, for whoever scales and forecasts."""
