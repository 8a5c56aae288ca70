"""The pages of videos: the list, and one video."""
