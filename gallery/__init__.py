"""What a page may say (page, inputs, outputs, figures) and the places that say it (front ends, command line)."""
