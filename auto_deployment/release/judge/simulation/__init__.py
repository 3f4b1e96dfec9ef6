"""How often the shipped judge is wrong, and how soon it is right: releases simulated by the thousand."""
