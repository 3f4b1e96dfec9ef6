"""The stage `gate`: whether a model may be published."""
