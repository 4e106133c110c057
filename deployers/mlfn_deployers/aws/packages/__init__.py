"""What functions are delivered as: images in ECR, archives and weights in the data bucket."""
