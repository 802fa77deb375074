"""Where state is kept between two runs of a task."""
