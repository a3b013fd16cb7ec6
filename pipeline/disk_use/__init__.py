"""What lies in a workspace, how much of the disk it takes, and what can be removed."""
