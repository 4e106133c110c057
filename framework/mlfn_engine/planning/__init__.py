"""What a deploy would change, told from the template that is deployed and the one that would be."""
