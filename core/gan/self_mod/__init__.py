"""From DCGAN to SELF-MOD (post 6549): architectures counted, checkerboards, and what a modulation by z does."""
