"""The production model: the push destination, its versions, and the component that reads the newest one."""
