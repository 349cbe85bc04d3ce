"""What a net costs, what it sees and what it makes of a picture: for learning, and for judging a net."""
