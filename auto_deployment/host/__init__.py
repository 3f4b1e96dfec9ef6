"""Files that appear whole, locks, processes, signals. Imports no other package of ours."""
