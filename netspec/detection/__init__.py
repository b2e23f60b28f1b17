"""Object detection as pure functions of arrays: boxes, their coding, anchors, matching, suppression, proposals, scoring."""
