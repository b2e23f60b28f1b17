"""The canvas: the network as boxes and lines, and everything that is done to it with the mouse and the keyboard."""
