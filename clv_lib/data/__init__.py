"""From a log of purchases to checked tables, customers and cells."""
