"""From a camera to labelled pictures: the folder they go to, bursts, and the window in which a person clicks on heads."""
