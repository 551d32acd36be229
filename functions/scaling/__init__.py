"""Scaling: keeps as many instances in each region as the plan foresees, load asks for and the budget allows."""
