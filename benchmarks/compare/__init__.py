"""Two commits beside one another, to see what a change costs."""
