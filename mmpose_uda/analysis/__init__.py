"""What a method, a model or a step is worth: ablation, comparison, profile."""
