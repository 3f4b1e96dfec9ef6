"""What somebody may try who has got into an agent's container: to report as another node."""

# With the token of the container's own node, in any name. What is said is no report: it changes nothing.
SPEAK = """import os, sys, urllib.error, urllib.request
token = open(os.environ["FLEET_NODE_TOKEN_FILE"]).read().strip()
head = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
address = os.environ["MASTER_URL"] + "/nodes/" + sys.argv[1]
try:
    urllib.request.urlopen(urllib.request.Request(address, b"{}", head, method="PUT"), timeout=30)
except urllib.error.HTTPError as refused:
    print(refused.code, refused.read().decode())
"""
