"""Request in, one service call, answer out."""
