"""What the window is made of: each panel shows the document and asks it to change."""
