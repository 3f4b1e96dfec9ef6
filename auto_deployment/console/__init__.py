"""Pages for people: what serves, where a release stands, and buttons that ask the controller for something.

The console decides nothing and has nothing to act with: what is pressed goes into the controller's inbox, as
what is typed does. To add a page: a module in `pages/` with a function that returns its facts, a template in
`templates/`, and a row in `pages/table.py`.
"""

from auto_deployment.console.factory import build as build
from auto_deployment.console.page import Console as Console
