"""Rendered faces and simulated spoof media, with the truth beside them.

The training data of the field is gated by licences, so the project makes a
small set of its own: ``subjects`` says who a person is, ``renderer`` draws a
frame of that person, a medium of ``media`` turns it into a spoof by Eq. (3),
``camera`` photographs either, and ``dataset`` writes the folders. Nothing here
is evidence about real photographs, and the truth measures, it never trains.
"""
