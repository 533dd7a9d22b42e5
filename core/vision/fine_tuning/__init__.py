"""Fine-tuning a small pre-trained network on five kinds of flowers (post 4611)."""
