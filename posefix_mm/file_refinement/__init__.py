"""The resumable run over a file of poses."""
