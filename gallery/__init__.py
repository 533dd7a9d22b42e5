"""What a page may say (page, inputs, outputs, figures) and the places that say it (front ends, command line)."""

import os

# Before torch is loaded: its threads sleep while they wait for each other. Spinning on a shared or busy core, a strip of
# faces took 248 ms instead of 53 ms.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
