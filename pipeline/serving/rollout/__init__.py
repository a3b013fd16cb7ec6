"""From offline to live: a shadow restores what production restores, and a canary answers a share of the requests."""
