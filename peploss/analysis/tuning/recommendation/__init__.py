"""The recommended sigma and bin width of a set, with its reasons in words."""
