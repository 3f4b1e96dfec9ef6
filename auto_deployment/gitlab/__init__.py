"""What the pipeline's jobs and the controller say to GitLab and to the server. Standard library only.

A job that deploys needs no installation: `python3 -m auto_deployment.gitlab WORD`.
"""
