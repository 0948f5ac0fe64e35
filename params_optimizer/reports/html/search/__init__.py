"""What the page of a search shows, part by part."""
