"""What adapters of clusters share: the messages between servers, and what is done with them."""
