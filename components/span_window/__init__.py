"""Which spans a run reads, and the component that makes one data set of them."""
