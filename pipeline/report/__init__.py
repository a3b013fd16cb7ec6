"""The run report: one HTML file about a run, which loads nothing from the network.

`collect` reads ML Metadata and artifacts, `facts` are plain data, `page` draws them; `pairs` is the report of
`ast-restore data check`. `collect` and `page` import `facts` and never each other; `run_report` calls both.
"""
