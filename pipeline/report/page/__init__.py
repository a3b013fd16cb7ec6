"""The run report as a page: templates, charts, images."""
