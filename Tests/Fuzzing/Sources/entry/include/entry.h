// The Swift package manager gives the beginning of a program another name than `main`.
int fuzz_main(int argc, char **argv);
