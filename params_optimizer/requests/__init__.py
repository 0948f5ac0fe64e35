"""What can be asked: one frozen, validated model for each thing, whoever fills it."""
