"""The small project that ``ackord init`` writes; ``templates/`` has its files."""
