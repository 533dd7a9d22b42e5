"""SamplePairing and mixup: two samples blended into one, as a regulariser (post 5693)."""
