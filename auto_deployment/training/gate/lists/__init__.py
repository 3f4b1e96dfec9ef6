"""The candidate's lists held against the champion's, for the same users, before anything is published."""
