"""The pipeline: the steps of one sync in their order, from TikTok to the warehouse."""
