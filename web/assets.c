const int cWebAssetsPlaceholder = 0;
