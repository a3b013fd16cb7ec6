"""The page of all runs of a workspace: `records` reads their facts, `history` puts them in order, `page` draws them."""
