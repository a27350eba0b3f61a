"""What refinement is worth: a simulated weak model plans, and the loop corrects it."""
