"""What every HTTP service of ours needs: who may ask, and Gunicorn in the process itself."""
