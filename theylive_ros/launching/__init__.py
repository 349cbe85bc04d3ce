"""What the launch files share: their arguments, and the processes that these ask for."""
