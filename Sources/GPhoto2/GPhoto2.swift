// GPhoto2
